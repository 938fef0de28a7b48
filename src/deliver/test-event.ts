import type { ChangeEvent, Delivery } from '../model.ts';

/** The source that test events name; no source in a configuration is meant. */
const SOURCE = 'pollhook';

/**
 * An event to try a webhook out, like the creation of a record, of type `pollhook.test`. Its record holds values that
 * JSON libraries write differently, which exposes receivers that verify anything but the raw bytes.
 *
 * @param id unlike any other, so that a receiver does not take it for a repetition
 * @param now Unix milliseconds
 */
export function testEvent(id: string, now: number): ChangeEvent {
  const type = 'pollhook.test';
  const time = new Date(now).toISOString();
  const data = {
    source: SOURCE,
    key: 'test',
    change: 'created',
    sequence: 0,
    current: {
      message: 'A test from pollhook: äöü € 😀 <b>bold</b> & "quoted" \'single\' a/b +1',
      number: JSON.rawJSON('1.0'),
      digits: JSON.rawJSON('12345678901234567890'),
      active: true,
    },
    previous: null,
    changes: [],
    window: { after: null, by: time },
  };
  const body = JSON.stringify({ type, timestamp: time, data });
  return { id, source: SOURCE, sequence: 0, key: 'test', change: 'created', type, timestamp: now, body };
}

/** A delivery of a test event, which exists in no store. */
export function testDelivery(event: ChangeEvent, webhook: string): Delivery {
  return {
    id: `dlv_test_${event.id}`,
    webhook,
    event,
    created: event.timestamp,
    state: 'pending',
    attempts: 1,
    steps: 0,
    nextAttempt: event.timestamp,
    lastStatus: null,
    batch: null,
  };
}
