import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Activity } from '../../src/control/activity.ts';
import { attempted, polled } from '../alerts/fixtures.ts';

test('what is no longer configured is forgotten: names that come and go gather nothing', () => {
  const activity = new Activity();
  activity.observePoll(polled());
  activity.observeAttempt(attempted());
  const known = () => [activity.ofSource('tickets', 0).recent.length, activity.ofWebhook('agent').attempts];
  const there = new Map<string, never>([['tickets', undefined as never]]);
  assert.deepEqual(known(), [1, 1]);
  activity.keepOnly({ sources: there, webhooks: new Map() });
  assert.deepEqual(known(), [1, 0]);
  activity.keepOnly({ sources: new Map(), webhooks: new Map() });
  assert.deepEqual(known(), [0, 0]);
});
