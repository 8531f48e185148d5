/**
 * A program kept running, as an init system does: started, killed, stopped in an orderly way, and started again after
 * a while whenever it has ended.
 */
import type { Host } from '../../src/host/host.ts';
import type { Incarnation, Machine } from '../world/world.ts';

export interface ServiceOptions<T> {
  readonly name: string;
  readonly machine: Machine;
  readonly start: (host: Host) => Promise<T>;
  readonly stop: (program: T) => Promise<void>;
  /** Resolves or rejects when the program has ended by itself. */
  readonly ended: (program: T) => Promise<void>;
  readonly restartMs: () => number;
  readonly trace: (text: string) => void;
  /** After each end, whatever its kind. */
  readonly gone: () => void;
}

/** An orderly stop that takes longer has hung, ms of virtual time. */
const stopMaxMs = 20_000;

export class Service<T> {
  readonly #options: ServiceOptions<T>;
  #incarnation: Incarnation | null = null;
  #program: T | null = null;
  #upSinceMs = Number.POSITIVE_INFINITY;
  /** An orderly stop is under way. */
  stopping = false;
  /** Set when an orderly stop hangs. */
  hung = false;

  constructor(options: ServiceOptions<T>) {
    this.#options = options;
  }

  get program(): T | null {
    return this.#program;
  }

  get incarnation(): Incarnation | null {
    return this.#incarnation;
  }

  /** When the program that runs now was ready; infinity when none is. */
  get upSinceMs(): number {
    return this.#upSinceMs;
  }

  start(): void {
    if (this.#incarnation !== null) return;
    const { machine, name, start, ended, trace, gone } = this.#options;
    const incarnation = machine.start(name);
    this.#incarnation = incarnation;
    incarnation.process.atDeath(() => {
      this.#incarnation = null;
      this.#program = null;
      this.stopping = false;
      this.#upSinceMs = Number.POSITIVE_INFINITY;
      gone();
      machine.world.time.after(this.#options.restartMs(), () => this.start());
    });
    start(incarnation.host).then(
      (program) => {
        if (!incarnation.process.alive) return;
        trace(`${name} is up`);
        this.#program = program;
        this.#upSinceMs = machine.world.time.nowMs;
        ended(program).then(
          () => this.#exit(incarnation, 'ended'),
          (error: unknown) => this.#exit(incarnation, `failed: ${String(error)}`),
        );
      },
      (error: unknown) => this.#exit(incarnation, `did not start: ${String(error)}`),
    );
  }

  kill(): void {
    if (this.#incarnation === null) return;
    this.#options.trace(`${this.#options.name} is killed`);
    this.#incarnation.process.kill();
  }

  /** Asks it to stop; kills it where it does not. */
  stop(): void {
    const incarnation = this.#incarnation;
    const program = this.#program;
    if (incarnation === null || program === null) return;
    const { machine, name, stop, trace } = this.#options;
    trace(`${name} is stopped`);
    this.stopping = true;
    stop(program).then(
      () => this.#exit(incarnation, 'stopped'),
      (error: unknown) => this.#exit(incarnation, `failed to stop: ${String(error)}`),
    );
    machine.world.time.after(stopMaxMs, () => {
      if (!incarnation.process.alive) return;
      this.hung = true;
      this.#exit(incarnation, 'hung in its stop');
    });
  }

  #exit(incarnation: Incarnation, how: string): void {
    if (!incarnation.process.alive) return;
    this.#options.trace(`${this.#options.name} ${how}`);
    incarnation.process.kill();
  }
}
