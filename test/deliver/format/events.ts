import type { ChangeEvent } from '../../../src/model.ts';

/** An event with a body as detect/events.ts writes it; `data` is JSON text, so that digits are as they are written. */
export function event(data: string, settings: Partial<ChangeEvent> = {}): ChangeEvent {
  const whole = {
    id: 'evt_318',
    source: 'inventory',
    sequence: 318,
    key: 'SKU-17',
    change: 'updated' as const,
    type: 'inventory.low_stock',
    timestamp: Date.parse('2026-11-21T09:30:12.481Z'),
    ...settings,
  };
  const time = new Date(whole.timestamp).toISOString();
  return { ...whole, body: `{"type":"${whole.type}","timestamp":"${time}","data":${data}}` };
}

/** Digits that JavaScript would lose or respell. */
export const RECORD = '{"sku":"SKU-17","ean":12345678901234567890,"price":1.10,"stock":3}';
export const PREVIOUS = '{"sku":"SKU-17","ean":12345678901234567891,"price":1.10,"stock":12}';
export const DATA = `{"source":"inventory","key":"SKU-17","change":"updated","sequence":318,"current":${RECORD},"previous":${PREVIOUS},"changes":[{"path":"/stock","from":12,"to":3}],"window":{"after":null,"by":"2026-11-21T09:30:12.481Z"}}`;
