/**
 * Whose signatures TLS believes. Node brings its own list of roots and does not look at the system's, where companies
 * put theirs; so both are believed, unless a list of its own is given. Verification itself is never switched off.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';

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

  /** `ca`: PEM text believed instead of the system's roots. */
  context(ca: string | undefined): SecureContext {
    const key = ca ?? '';
    let context = this.#contexts.get(key);
    if (context === undefined) {
      context = createSecureContext({ ca: ca === undefined ? systemRoots() : ca });
      this.#contexts.set(key, context);
    }
    return context;
  }
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
