/**
 * Whose signatures TLS believes. Node brings its own list of roots and does not look at the system's, where companies
 * put theirs; so both are believed, unless a list of its own is given. Verification itself is never switched off.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { TlsOptions } from '../net.ts';

/** Where systems keep their roots as one file; the first that can be read. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Contexts are made once for each list: parsing hundreds of certificates for every connection would cost more than
 * the connection.
 */
export class Trust {
  readonly #contexts = new Map<string, SecureContext>();

  /** Throws what OpenSSL says of a certificate and a key that it cannot use. */
  context(options: TlsOptions): SecureContext {
    const name = nameOf(options);
    let context = this.#contexts.get(name);
    if (context === undefined) {
      const { ca, cert, key } = options;
      context = createSecureContext({ ca: ca ?? systemRoots(), cert, key });
      this.#contexts.set(name, context);
    }
    return context;
  }
}

/** The same for options that are the same. */
export function nameOf({ ca, cert, key }: TlsOptions): string {
  return [ca, cert, key].join('\0');
}

function systemRoots(): string[] {
  const { SSL_CERT_FILE, NODE_EXTRA_CA_CERTS } = process.env;
  const system = firstText(SSL_CERT_FILE ? [SSL_CERT_FILE] : systemFiles);
  const extra = firstText(NODE_EXTRA_CA_CERTS ? [NODE_EXTRA_CA_CERTS] : []);
  return [...new Set([...rootCertificates, ...certificatesIn(system), ...certificatesIn(extra)])];
}

function certificatesIn(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function firstText(paths: readonly string[]): string {
  for (const path of paths) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // The next one may be there; without any, Node's own roots remain.
    }
  }
  return '';
}
