// A cable between two programs that can be slow, or cut.

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

export class Cable {
  readonly port: number;
  /** Added to each piece of data, either way. */
  delayMs = 0;
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  #to = 0;
  #isCut = false;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (from) => this.#join(from));
  }

  /** On a free port of the loopback; the caller closes it. */
  static async open(): Promise<Cable> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return new Cable(server);
  }

  /** The port at its other end. */
  plugInto(port: number): void {
    this.#to = port;
  }

  /** Every connection is gone, and new ones are, until it is mended. */
  cut(): void {
    this.#isCut = true;
    for (const end of this.#ends) end.resetAndDestroy();
  }

  mend(): void {
    this.#isCut = false;
    this.delayMs = 0;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(from: Socket): void {
    if (this.#isCut) {
      from.resetAndDestroy();
      return;
    }
    const to = connect(this.#to, '127.0.0.1');
    for (const end of [from, to]) {
      end.setNoDelay(true);
      this.#ends.add(end);
      end.once('close', () => this.#ends.delete(end));
    }
    // One end that breaks takes the other along.
    const drop = (): void => {
      from.destroy();
      to.destroy();
    };
    pipeline(from, this.#slow(), to).catch(drop);
    pipeline(to, this.#slow(), from).catch(drop);
  }

  #slow(): Transform {
    return new Transform({
      transform: (chunk, _encoding, done) => {
        if (this.delayMs === 0) done(null, chunk);
        else void delay(this.delayMs, undefined, { ref: false }).then(() => done(null, chunk));
      },
    });
  }
}
