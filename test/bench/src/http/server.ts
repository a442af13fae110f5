import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { runProgram } from '../program.ts'
import type { ApiSettings } from './contestant.ts'
import { APIS, type Framework } from './contestants.ts'

/** Options for the API that this program serves. */
export interface ServerSetup {
  readonly framework: Framework
  readonly contestant: string
  readonly setup: ApiSettings
}

// Serves one API in its own process. The first message is the port. Each response to a command is the processor time
// that the process has used.
await runProgram<ServerSetup, 'processor time'>(async ({ framework, contestant, setup }) => {
  const api = await APIS[framework][contestant]!()
  const server = await api(setup)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { ready: port, respond: () => process.cpuUsage() }
})
