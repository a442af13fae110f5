import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { runProgram } from '../program.ts'
import type { Setup } from './contestant.ts'
import { APIS, type Framework } from './contestants.ts'

/** What this program serves. */
export interface Served {
  readonly framework: Framework
  readonly contestant: string
  readonly setup: Setup
}

// One API in a process of its own. It says on which port it listens; whenever it is asked, how much processor
// time it has used.
await runProgram<Served, 'processor time'>(async ({ framework, contestant, setup }) => {
  const api = await APIS[framework][contestant]!()
  const server = await api(setup)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { ready: port, answer: () => process.cpuUsage() }
})
