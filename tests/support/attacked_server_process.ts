// A program: a server of the version that its first argument names, at the host of the second, with the capacity of
// the third as JSON. It prints its port.

const [source, host, capacity] = Deno.args;
const { startServer } = await import(new URL("server/server.ts", `file://${source}`).href);
const server = startServer({ host, port: 0, capacity: JSON.parse(capacity!) });
await Deno.stdout.write(new TextEncoder().encode(`${server.address.port}\n`));
