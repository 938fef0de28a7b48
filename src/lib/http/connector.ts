import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { type Egress, guarded, refusal } from './egress.ts';
import { forStrangers, type Tls, type TlsSettings, tlsSettings } from './tls.ts';

/** Opens connections for undici. */
export type Connector = buildConnector.connector;

/** The options of a connection. */
export interface ConnectorOptions {
  readonly tls: Tls | null;
  /** Origins that the operator named: the client certificate and `insecure` are for them. */
  readonly named: readonly string[];
  /** The one of them that `server_name` is for. */
  readonly main: string | null;
  readonly egress: Egress | null;
}

/** HTTP/2 is off, because old servers fail when it is negotiated. */
const BASE = { allowH2: false };

/** The connector for direct connections, and for the inner connection of a tunnel when given its socket. */
export function connectorOf({ tls, named, main, egress }: ConnectorOptions): Connector {
  // undici ignores its `lookup` hook for address literals, which are checked here; the lookup covers names.
  const base = egress ? { ...BASE, lookup: guarded(egress) as LookupFunction } : BASE;
  const build = (settings: TlsSettings): Connector => buildConnector({ ...base, ...settings });
  const connect = tls ? chosen(tls, build) : build({});
  if (!egress) return connect;
  return (options, done) => {
    const refused = refusal(egress, options.hostname);
    if (refused) done(refused, null);
    else connect(options, done);
  };

  function chosen(own: Tls, build: (settings: TlsSettings) => Connector): Connector {
    const [toNamed, toOthers] = [build(tlsSettings(own)), build(tlsSettings(forStrangers(own)))];
    return (options, done) => {
      const origin = `${options.protocol}//${options.host ?? options.hostname}`;
      const connect = named.includes(origin) ? toNamed : toOthers;
      const servername = origin === main ? own.serverName : null;
      connect(servername === null ? options : { ...options, servername }, done);
    };
  }
}
