/**
 * The source that operational events come from. No source in a configuration can have this name; where sources are
 * listed, it is left out.
 */
export const ALERT_SOURCE = '@pollhook';
