import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { Secret } from '../secret.ts';

/** How TLS connections of a source or webhook are made. */
export interface Tls {
  /** Certificates in PEM that are trusted besides those that the system trusts. */
  readonly ca: string | null;
  /** The client's certificate with its key, both in PEM. */
  readonly identity: { readonly cert: string; readonly key: Secret } | null;
  /** The name that the server is asked for and its certificate must have; null for that of the URL. */
  readonly serverName: string | null;
  /** Whether any certificate is accepted. */
  readonly insecure: boolean;
}

/**
 * The TLS options for servers that the operator did not name: a redirect or link may lead anywhere, so these servers
 * get no client certificate, and their own certificate is always verified.
 */
export function forStrangers(tls: Tls): Tls {
  return { ca: tls.ca, identity: null, serverName: null, insecure: false };
}

/** Options for `tls.connect`. */
export interface TlsSettings {
  readonly secureContext?: SecureContext;
  readonly rejectUnauthorized?: boolean;
}

export function tlsSettings({ ca, identity, insecure }: Tls): TlsSettings {
  const options = {
    ...(ca !== null && { ca: [...getCACertificates('default'), ca] }),
    ...(identity && { cert: identity.cert, key: identity.key.reveal() }),
  };
  return {
    ...((ca !== null || identity) && { secureContext: createSecureContext(options) }),
    ...(insecure && { rejectUnauthorized: false }),
  };
}
