/**
 * The 14 kinds of events of a small payments company, as seed A's generator has them: texts in Spanish, level names
 * Spanish and English mixed, as real systems mix them.
 *
 * The one table of frequencies is `eventKinds`: `perMille` is how many of 1,000 lines are of the kind. They add up
 * to 1,000.
 */
import type { Dice } from './dice.ts';

export interface EventKind {
  readonly name: string;
  /** In Spanish, for the generator's page. */
  readonly title: string;
  readonly perMille: number;
  readonly service: string;
  /** One of these, by chance. */
  readonly levels: readonly string[];
  readonly tell: (dice: Dice) => EventText;
}

export interface EventText {
  readonly message: string;
  readonly context: Readonly<Record<string, string | number | boolean>>;
}

// biome-ignore format: it is read as a table
export const eventKinds: readonly EventKind[] = [
  { name: 'topup',          perMille: 250, service: 'recargas',      levels: ['INFO', 'INFORMACIÓN'],  tell: topup,         title: 'recargas' },
  { name: 'access',         perMille: 250, service: 'web',           levels: ['INFO', 'info'],         tell: access,        title: 'accesos HTTP' },
  { name: 'payment',        perMille: 120, service: 'pagos',         levels: ['INFO', 'ÉXITO'],        tell: payment,       title: 'pagos' },
  { name: 'cache-miss',     perMille: 80,  service: 'caché',         levels: ['DEBUG', 'DEPURACIÓN'],  tell: cacheMiss,     title: 'fallos de caché' },
  { name: 'notification',   perMille: 80,  service: 'avisos',        levels: ['INFO', 'INFORMACIÓN'],  tell: notification,  title: 'notificaciones enviadas' },
  { name: 'api-error',      perMille: 50,  service: 'api',           levels: ['ERROR', 'error'],       tell: apiError,      title: 'errores de API' },
  { name: 'login-failed',   perMille: 50,  service: 'autenticación', levels: ['WARN', 'AVISO'],        tell: loginFailed,   title: 'inicios de sesión fallidos' },
  { name: 'resources',      perMille: 30,  service: 'sistema',       levels: ['WARNING', 'ADVERTENCIA'], tell: resources,     title: 'advertencias de recursos' },
  { name: 'slow-database',  perMille: 30,  service: 'base-de-datos', levels: ['WARN', 'AVISO'],        tell: slowDatabase,  title: 'base de datos lenta' },
  { name: 'rate-limit',     perMille: 25,  service: 'api',           levels: ['WARN', 'ADVERTENCIA'],  tell: rateLimit,     title: 'límites de peticiones' },
  { name: 'database-error', perMille: 12,  service: 'base-de-datos', levels: ['ERROR', 'CRÍTICO'],     tell: databaseError, title: 'errores de conexión a la base de datos' },
  { name: 'backup',         perMille: 10,  service: 'respaldos',     levels: ['INFO', 'NOTICE'],       tell: backup,        title: 'copias de seguridad' },
  { name: 'security-alert', perMille: 8,   service: 'seguridad',     levels: ['ALERTA', 'CRITICAL'],   tell: securityAlert, title: 'alertas de seguridad' },
  { name: 'maintenance',    perMille: 5,   service: 'sistema',       levels: ['NOTICE', 'AVISO'],      tell: maintenance,   title: 'mantenimientos programados' },
];

/** Chooses among kinds by their frequencies, which keep their ratio when only some kinds are wanted. */
export function kindChooser(kinds: readonly EventKind[]): (dice: Dice) => EventKind {
  const byChance = kinds.flatMap((kind) => Array.from({ length: kind.perMille }, () => kind));
  return (dice) => dice.pick(byChance);
}

/** An address from the ranges that are kept for examples (RFC 5737), so that nobody's own is shown. */
export function exampleAddress(dice: Dice): string {
  return `${dice.pick(['192.0.2', '198.51.100', '203.0.113'])}.${dice.whole(1, 254)}`;
}

const operators = ['Telefónica', 'Móvil Andino', 'Señal Sur', 'Conexión Ñandú'];
const cities = ['Bogotá', 'Medellín', 'Asunción', 'Córdoba', 'Mérida', 'Logroño'];
const people = ['Begoña Núñez', 'José Ibáñez', 'Iñaki Peña', 'Sofía Güell', 'Raúl Muñoz', 'Zoë Çelik'];
const users = ['begona.nunez', 'jose.ibanez', 'admin', 'root', 'soporte', 'iñaki'];
const paths = ['/api/recargas', '/api/pagos', '/api/saldo', '/inicio', '/búsqueda', '/api/clientes'];
const tables = ['recargas', 'pagos', 'clientes', 'sesiones', 'movimientos'];

function topup(dice: Dice): EventText {
  const amount = dice.whole(1, 40) * 500;
  const operator = dice.pick(operators);
  return {
    message: `Recarga de ${amount} realizada con éxito para ${operator}`,
    context: {
      transaction: `REC-${dice.whole(100_000, 999_999)}`,
      amount,
      operator,
      phone: `300555${dice.whole(1000, 9999)}`,
      city: dice.pick(cities),
    },
  };
}

function access(dice: Dice): EventText {
  const method = dice.pick(['GET', 'GET', 'GET', 'POST', 'PUT']);
  const path = dice.pick(paths);
  const status = dice.pick([200, 200, 200, 200, 201, 204, 301, 304, 404]);
  return {
    message: `${method} ${path} ${status}`,
    context: { method, path, status, address: exampleAddress(dice), duration_ms: dice.whole(2, 450) },
  };
}

function payment(dice: Dice): EventText {
  const amount = dice.decimal(1, 900, 2);
  return {
    message: `Pago de ${amount} € aprobado para ${dice.pick(people)}`,
    context: {
      transaction: `PAG-${dice.whole(100_000, 999_999)}`,
      amount,
      currency: 'EUR',
      method: dice.pick(['tarjeta', 'débito', 'transferencia']),
    },
  };
}

function cacheMiss(dice: Dice): EventText {
  const key = `cliente:${dice.whole(1, 50_000)}`;
  return {
    message: `La clave ${key} no está en la caché`,
    context: { key, region: dice.pick(['sesión', 'catálogo', 'saldo']), refill_ms: dice.whole(1, 80) },
  };
}

function notification(dice: Dice): EventText {
  const channel = dice.pick(['SMS', 'correo', 'push']);
  return {
    message: `Notificación enviada por ${channel} a ${dice.pick(people)}`,
    context: { channel, template: dice.pick(['bienvenida', 'recarga', 'contraseña']), attempt: 1 },
  };
}

function apiError(dice: Dice): EventText {
  const status = dice.pick([500, 502, 503, 504]);
  const provider = dice.pick(operators);
  return {
    message: `Error ${status} al llamar a la API de ${provider}: «tiempo de espera agotado»`,
    context: { provider, status, path: dice.pick(paths), attempt: dice.whole(1, 5) },
  };
}

function loginFailed(dice: Dice): EventText {
  const user = dice.pick(users);
  return {
    message: `Inicio de sesión fallido para el usuario ${user}: contraseña incorrecta`,
    context: { user, address: exampleAddress(dice), attempt: dice.whole(1, 6) },
  };
}

function resources(dice: Dice): EventText {
  const resource = dice.pick(['CPU', 'memoria', 'disco']);
  const percent = dice.whole(80, 99);
  return {
    message: `Uso de ${resource} al ${percent} %: por encima del umbral`,
    context: { resource, percent, threshold: 80, host: `nodo-${dice.whole(1, 12)}` },
  };
}

function slowDatabase(dice: Dice): EventText {
  const table = dice.pick(tables);
  const durationMs = dice.whole(1_000, 12_000);
  return {
    message: `Consulta lenta en ${table}: ${durationMs} ms`,
    context: { table, duration_ms: durationMs, rows: dice.whole(1, 200_000) },
  };
}

function rateLimit(dice: Dice): EventText {
  const limit = dice.pick([60, 100, 300]);
  return {
    message: `Límite de ${limit} peticiones por minuto superado`,
    context: { limit, requests: limit + dice.whole(1, 200), address: exampleAddress(dice) },
  };
}

function databaseError(dice: Dice): EventText {
  return {
    message: 'No se pudo conectar con la base de datos: conexión rechazada',
    context: { host: `bd-${dice.whole(1, 3)}.example`, port: 5432, attempt: dice.whole(1, 5) },
  };
}

function backup(dice: Dice): EventText {
  const table = dice.pick(tables);
  return {
    message: `Copia de seguridad de ${table} terminada`,
    context: { table, bytes: dice.whole(1_000_000, 900_000_000), duration_s: dice.whole(5, 900) },
  };
}

function securityAlert(dice: Dice): EventText {
  const attack = dice.pick(['inyección SQL', 'fuerza bruta', 'exploración de puertos']);
  return {
    message: `Posible ${attack} detectada; dirección bloqueada`,
    context: { attack, address: exampleAddress(dice), path: dice.pick(paths), blocked: true },
  };
}

function maintenance(dice: Dice): EventText {
  const minutes = dice.pick([15, 30, 60]);
  return {
    message: `Mantenimiento programado: el servicio se detendrá ${minutes} minutos`,
    context: { minutes, window: dice.pick(['02:00', '03:30', '04:00']), approved_by: dice.pick(people) },
  };
}
