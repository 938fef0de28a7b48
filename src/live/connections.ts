import type { Dispatcher } from 'undici';
import type { Config, SourceConfig, WebhookConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import { type Accesses, createAccesses } from '../lib/http/auth/accesses.ts';
import { createTransports, routeOf } from '../lib/http/transport.ts';
import type { Redactor } from '../lib/redact.ts';

/** The HTTP connections of a process, and the credentials that it obtains from servers. */
export interface Connections extends AsyncDisposable {
  readonly accesses: Accesses;
  toSource(source: SourceConfig): Dispatcher;
  toWebhook(webhook: WebhookConfig): Dispatcher;
  /** Closes connections that this configuration does not use, once their requests have ended. */
  keepOnly(config: Config): void;
}

/** Sources and webhooks have separate connections, so that they do not affect each other, and shared credentials. */
export function createConnections(clock: Clock, redactor: Redactor): Connections {
  const polled = createTransports();
  const sent = createTransports();
  const accesses = createAccesses(clock, redactor);
  return {
    accesses,
    toSource: (source) => polled.dispatcher(routeOf(source)),
    toWebhook: (webhook) => sent.dispatcher(routeOf(webhook)),
    keepOnly(config) {
      const [sources, webhooks] = [[...config.sources.values()], [...config.webhooks.values()]];
      polled.keepOnly(sources.map(routeOf));
      sent.keepOnly(webhooks.map(routeOf));
      accesses.keepOnly([...sources, ...webhooks].map(({ auth }) => auth));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([polled, sent].map((transports) => transports[Symbol.asyncDispose]()));
    },
  };
}
