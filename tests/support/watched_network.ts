/**
 * A network in which a client finds its server and nobody else, and that notes whom it tries to call.
 *
 * @module
 */

import type { InterfaceAddress } from "../../shared/net/interfaces.ts";
import { type Network, tcpNetwork } from "../../client/transport/transport.ts";
import { UserError } from "../../client/user_error.ts";
import { formatAddress } from "../../shared/net/address.ts";

/** What a network is like. */
export interface WatchedOptions {
  /** Where the client sees its server: in the internet, if not given. */
  readonly serverHost?: string;
  /** The machine's addresses: it is at home in 192.168.7.0/24, if not given. */
  readonly interfaces?: readonly InterfaceAddress[];
  /** What names stand for. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
}

/** A network, and what was called in it. */
export class WatchedNetwork {
  /** The addresses that were called, in order. */
  readonly called: string[] = [];
  /** The names that were looked up, in order. */
  readonly lookedUp: string[] = [];
  readonly network: Network;

  constructor(options: WatchedOptions = {}) {
    const { serverHost = "192.0.2.5", names = {} } = options;
    const { interfaces = [{ address: "192.168.7.20", prefixBits: 24 }] } = options;
    this.network = {
      ...tcpNetwork,
      interfaces: () => interfaces,
      lookUp: (name) => {
        this.lookedUp.push(name);
        return Promise.resolve(names[name] ?? []);
      },
      dial: (address, name) => {
        this.called.push(formatAddress(address));
        const why = { is: "no-listener" } as const;
        return Promise.reject(new UserError({ code: "peer-unreachable", name, address, why }));
      },
      dialServer: async (address, dialOptions) => {
        const conn = await tcpNetwork.dialServer(address, dialOptions);
        return {
          localAddr: conn.localAddr,
          remoteAddr: { hostname: serverHost },
          read: (into) => conn.read(into),
          write: (bytes) => conn.write(bytes),
          close: () => conn.close(),
        };
      },
    };
  }
}

/** The network of a client that claims to listen at an address which is not its own. */
export function claiming(host: string): Network {
  return {
    ...tcpNetwork,
    listen: (...args) => {
      const listening = tcpNetwork.listen(...args);
      return { ...listening, address: { host, port: 80 } };
    },
  };
}
