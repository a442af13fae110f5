import { DIFFERENCES } from './differences.ts'
import { onRuntime } from './on-runtime.ts'
import { startHosts } from './start-hosts.ts'

/** An API in Bun. */
export const onBun = onRuntime({
  name: 'Bun',
  changes: {
    noPipelining: 'Bun closes a connection that has several requests if a handler is asynchronous',
    outcomes: DIFFERENCES.bun,
  },
  start: startHosts('Bun', ['--max-http-header-size=4194304', 'run']),
})
