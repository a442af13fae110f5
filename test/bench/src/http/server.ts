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

export type Question = 'processor time' | 'garbage collection'

// One API in a process of its own. It says on which port it listens, and how much processor time it has used; and
// it collects all of its garbage where it is told to.
await runProgram<Served, Question>(async ({ framework, contestant, setup }) => {
  const api = await APIS[framework][contestant]!()
  const server = await api(setup)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    ready: port,
    answer(question) {
      if (question === 'garbage collection') globalThis.gc!()
      return process.cpuUsage()
    },
  }
})
