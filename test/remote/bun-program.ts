/** Starts one server in Bun for each setup that it reads from the standard input. Writes the ports of the servers. */
import { createHost, type HostSetup } from './host.ts'

/** The part of Bun that this program uses. */
declare const Bun: {
  readonly stdin: { json(): Promise<unknown> }
  serve(options: {
    hostname: string
    port: number
    fetch: (request: Request) => Promise<Response>
  }): { readonly port: number }
}

const setups = (await Bun.stdin.json()) as readonly HostSetup[]
const ports = setups.map((setup) => {
  const handle = createHost(setup)
  return Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => handle(request) }).port
})
// oxlint-disable-next-line no-console -- the test process reads this line
console.log(JSON.stringify(ports))
