// A container engine for the drill: the one that is there, or a dockerd of our own in a folder that goes with it.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Ran {
  readonly code: number | null;
  /** What it printed on both streams. */
  readonly text: string;
}

export interface RunOptions {
  /** The folder to run it in; the drill's clone by default. */
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Engine {
  readonly folder: string;
  /** Every command that was run, as it was written. */
  readonly commands: string[] = [];
  readonly #environment: Record<string, string | undefined>;
  #daemon: ChildProcess | undefined;

  private constructor(folder: string) {
    this.folder = folder;
    // Distributions' own docker matches their dockerd; another one may come first in PATH.
    this.#environment = { ...process.env, PATH: `${folder}/bin:/usr/sbin:/usr/bin:${process.env['PATH']}` };
  }

  /** Throws when there is no engine and none can be started. The caller closes it. */
  static async open(): Promise<Engine> {
    const engine = new Engine(await mkdtemp(join(tmpdir(), 'loop-drill-')));
    try {
      if (!(await engine.#isThere())) await engine.#startDaemon();
      await engine.#writeComposeCommand();
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  get isOwn(): boolean {
    return this.#daemon !== undefined;
  }

  set(settings: Readonly<Record<string, string | undefined>>): void {
    Object.assign(this.#environment, settings);
  }

  /** Runs a line of shell and resolves to what came of it, whatever that is. */
  async try(command: string, options: RunOptions = {}): Promise<Ran> {
    this.commands.push(command);
    const { promise, resolve } = Promise.withResolvers<number | null>();
    // A process group of its own, so that a command that hangs is ended with all it started.
    const child = spawn('bash', ['-c', command], {
      cwd: options.cwd ?? this.folder,
      env: { ...this.#environment, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    }
    child.once('close', resolve);
    child.once('error', (error) => {
      text += error.message;
      resolve(null);
    });
    const overdue = setTimeout(() => {
      text += '\n(ended: it took too long)';
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    }, options.timeoutMs ?? 180_000);
    const code = await promise;
    clearTimeout(overdue);
    return { code, text };
  }

  /** Runs a line of shell and resolves to what it printed. Throws when it fails. */
  async run(command: string, options: RunOptions = {}): Promise<string> {
    const { code, text } = await this.try(command, options);
    if (code === 0) return text;
    throw new Error(`${command}\nended with ${code}:\n${text.split('\n').slice(-40).join('\n')}`);
  }

  /** Ends the daemon, if it is our own, and removes the folder. */
  async close(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon && daemon.exitCode === null) {
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGTERM');
      const overdue = setTimeout(() => daemon.kill('SIGKILL'), 30_000);
      await ended;
      clearTimeout(overdue);
      // The namespaces of its networks stay mounted.
      await this.try(`findmnt -rno TARGET | grep '^${this.folder}/' | xargs -r umount -l`, { cwd: '/' });
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #isThere(): Promise<boolean> {
    return (await this.try('docker info', { timeoutMs: 10_000 })).code === 0;
  }

  async #startDaemon(): Promise<void> {
    const state = join(this.folder, 'engine');
    await mkdir(state, { mode: 0o711 });
    const socket = `unix://${state}/docker.sock`;
    const log = await open(join(state, 'log'), 'w');
    const options = ['--data-root', `${state}/data`, '--exec-root', `${state}/run`];
    this.#daemon = spawn('dockerd', [...options, '--pidfile', `${state}/pid`, '--host', socket], {
      env: this.#environment,
      stdio: ['ignore', log.fd, log.fd],
    });
    let failure: Error | undefined;
    this.#daemon.once('error', (error) => {
      failure = error;
    });
    await log.close();
    this.set({ DOCKER_HOST: socket });
    const deadline = performance.now() + 40_000;
    while (!(await this.#isThere())) {
      if (failure || this.#daemon.exitCode !== null || performance.now() > deadline) {
        const lines = (await readFile(join(state, 'log'), 'utf8')).split('\n').slice(-8).join('\n');
        throw new Error(`there is no container engine, and dockerd does not start: ${failure ?? lines}`);
      }
      await delay(300);
    }
  }

  // docker-compose 1.29 answers to `docker compose` too, so that the drill runs what the guide says.
  async #writeComposeCommand(): Promise<void> {
    if ((await this.try('docker compose version')).code === 0) return;
    const { text } = await this.try('command -v docker');
    const bin = join(this.folder, 'bin');
    await mkdir(bin);
    const lines = [
      '#!/bin/sh',
      'if [ "$1" = compose ]; then shift; exec docker-compose "$@"; fi',
      `exec ${text.trim()} "$@"`,
    ];
    await writeFile(join(bin, 'docker'), `${lines.join('\n')}\n`);
    await chmod(join(bin, 'docker'), 0o755);
  }
}
