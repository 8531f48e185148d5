/**
 * Why a destination cannot be reached, in words, with what to do. One table from the system's and TLS's codes; a code
 * that is not in it stands for itself.
 */
import type { Language } from '../host/errors.ts';
import type { NetError } from '../host/net.ts';

interface Cause {
  readonly en: string;
  readonly es: string;
}

const clockOrRenew: Cause = {
  en: "the server's certificate has expired; renew it there, or set this machine's clock right",
  es: 'el certificado del servidor ha caducado; renuévelo allí, o ponga en hora el reloj de esta máquina',
};

const untrusted: Cause = {
  en: "the server's certificate is signed by nobody this machine trusts; give its CA to the output (ca_file, or SSL_CERT_FILE)",
  es: 'el certificado del servidor lo firma alguien en quien esta máquina no confía; indique su CA en la salida (ca_file, o SSL_CERT_FILE)',
};

const cutOff: Cause = {
  en: 'the connection was cut off; the server or something between closed it',
  es: 'la conexión se cortó; la cerró el servidor o algo intermedio',
};

const noRoute: Cause = {
  en: 'there is no route to it; check the network, the VPN and the firewall',
  es: 'no hay ruta hasta él; revise la red, la VPN y el cortafuegos',
};

const noAnswer: Cause = {
  en: 'it did not answer in time; check the firewall, or raise the timeout',
  es: 'no respondió a tiempo; revise el cortafuegos, o aumente el tiempo de espera',
};

const notTls: Cause = {
  en: 'it does not speak TLS there; write http:// or use its https port',
  es: 'allí no habla TLS; escriba http:// o use su puerto https',
};

const notHttp: Cause = {
  en: 'what listens there does not speak HTTP, or speaks it over TLS; check the port, or write https://',
  es: 'lo que escucha allí no habla HTTP, o lo habla sobre TLS; revise el puerto, o escriba https://',
};

const causes: Readonly<Record<string, Cause>> = {
  ABORTED: { en: 'the request was given up', es: 'se abandonó la petición' },
  TIMEOUT: noAnswer,
  ETIMEDOUT: noAnswer,
  ENOTFOUND: {
    en: 'DNS does not know this name; check the URL for a slip, and the resolver',
    es: 'el DNS no conoce este nombre; revise si la URL tiene una errata, y el servidor DNS',
  },
  EAI_AGAIN: {
    en: 'DNS does not answer; check the resolver and the network',
    es: 'el DNS no responde; revise el servidor DNS y la red',
  },
  ECONNREFUSED: {
    en: 'the connection was refused; nothing listens there: is the server running, is the port right?',
    es: 'conexión rechazada; nadie escucha allí: ¿está el servidor en marcha, es correcto el puerto?',
  },
  ECONNRESET: cutOff,
  EPIPE: cutOff,
  UND_ERR_SOCKET: cutOff,
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  ENETDOWN: noRoute,
  CERT_HAS_EXPIRED: clockOrRenew,
  CERT_NOT_YET_VALID: {
    en: "the server's certificate is not valid yet; set this machine's clock right",
    es: 'el certificado del servidor aún no es válido; ponga en hora el reloj de esta máquina',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    en: "the server's certificate is for another name; write the name it is for in the URL",
    es: 'el certificado del servidor es de otro nombre; escriba en la URL el nombre del certificado',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  EPROTO: notTls,
  HPE_INVALID_CONSTANT: notHttp,
  HPE_INVALID_VERSION: notHttp,
  EMFILE: {
    en: 'this process has too many open files; raise its limit (ulimit -n, LimitNOFILE)',
    es: 'este proceso tiene demasiados archivos abiertos; aumente su límite (ulimit -n, LimitNOFILE)',
  },
};

/** One sentence that names the URL, the cause in words, and its code. */
export function describeNetFailure(url: string, error: NetError, language: Language = 'en'): string {
  const cause = causes[error.code]?.[language] ?? error.message;
  const cannot = language === 'es' ? 'no se puede llegar a' : 'cannot reach';
  return `${cannot} ${shownUrl(url)}: ${cause} (${error.code})`;
}

/** A URL that may be shown: without user, password, query and fragment. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/s, '');
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
