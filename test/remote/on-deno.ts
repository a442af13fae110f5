import { DIFFERENCES } from './differences.ts'
import { onRuntime } from './on-runtime.ts'
import { startHosts } from './start-hosts.ts'

/** An API in Deno. */
export const onDeno = onRuntime({
  name: 'Deno',
  changes: { outcomes: DIFFERENCES.deno },
  start: startHosts('Deno', ['run', '--allow-all', '--no-check', '--no-lock']),
})
