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
  /** Whether any certificate will do. */
  readonly insecure: boolean;
}

/** What tls.connect is given. */
export interface TlsSettings {
  readonly secureContext?: SecureContext;
  readonly rejectUnauthorized?: boolean;
}

/**
 * Settings for the servers that the operator named, and for all others: a redirect may lead anywhere, so a stranger is
 * shown no client certificate and believed no certificate that cannot be verified.
 */
export function tlsSettings({ ca, identity, insecure }: Tls): {
  readonly named: TlsSettings;
  readonly others: TlsSettings;
} {
  const roots = ca === null ? {} : { ca: [...getCACertificates('default'), ca] };
  const own = identity && { cert: identity.cert, key: identity.key.reveal() };
  const context = (options: object) =>
    Object.keys(options).length === 0 ? {} : { secureContext: createSecureContext(options) };
  return {
    named: { ...context({ ...roots, ...own }), ...(insecure && { rejectUnauthorized: false }) },
    others: context(roots),
  };
}
