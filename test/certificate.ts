/** Certificates for tests, made on the spot (X.509 v3, RFC 5280, in DER), so that no key lies in the repository. */
import { generateKeyPairSync, sign } from 'node:crypto';

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Signed by itself, for `localhost` and 127.0.0.1 unless another name is given. */
export function makeCertificate(options: { name?: string; notAfter?: Date } = {}): TestCertificate {
  const { name = 'localhost', notAfter = new Date('2049-01-01T00:00:00Z') } = options;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(identifier('2a8648ce3d040302'));
  const names = sequence(
    element(0x82, Buffer.from(name)),
    ...(name === 'localhost' ? [element(0x87, Buffer.of(127, 0, 0, 1))] : []),
  );
  const content = sequence(
    element(0xa0, element(0x02, Buffer.of(2))),
    element(0x02, Buffer.of(1)),
    ecdsaWithSha256,
    nameOf('Almadia test'),
    sequence(time(new Date('2020-01-01T00:00:00Z')), time(notAfter)),
    nameOf('Almadia test'),
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(sequence(identifier('551d11'), element(0x04, names)))),
  );
  const signature = sign('sha256', content, privateKey);
  const whole = sequence(content, ecdsaWithSha256, element(0x03, Buffer.concat([Buffer.of(0), signature])));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function element(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function identifier(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'));
}

function nameOf(commonName: string): Buffer {
  const attribute = sequence(identifier('550403'), element(0x0c, Buffer.from(commonName)));
  return sequence(element(0x31, attribute));
}

/** UTCTime: years up to 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
}
