/**
 * The source that operational events come from. No configured source can have this name, and lists of sources leave
 * it out.
 */
export const ALERT_SOURCE = '@pollhook';
