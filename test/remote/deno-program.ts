/** Serves mounts in Deno. Reads their setups from the standard input, and writes the ports of their servers. */
import { createHost, type HostSetup } from './host.ts'

/** The part of Deno that this program uses. */
declare const Deno: {
  readonly stdin: { readonly readable: ReadableStream<Uint8Array> }
  serve(
    options: { hostname: string; port: number; onListen(): void },
    handler: (request: Request) => Promise<Response>,
  ): { readonly addr: { readonly port: number } }
}

const setups = (await new Response(Deno.stdin.readable).json()) as readonly HostSetup[]
const ports = setups.map((setup) => {
  const handle = createHost(setup)
  const options = { hostname: '127.0.0.1', port: 0, onListen: () => {} }
  return Deno.serve(options, (request) => handle(request)).addr.port
})
// oxlint-disable-next-line no-console -- the test process reads this line
console.log(JSON.stringify(ports))
