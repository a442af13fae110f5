import { fileURLToPath } from 'node:url'
import { startWorkers } from '../support/workerd.ts'
import { DIFFERENCES } from './differences.ts'
import { onRuntime } from './on-runtime.ts'

const ENTRY = fileURLToPath(new URL('worker.ts', import.meta.url))

/** A Worker in workerd, the runtime of Cloudflare Workers. */
export const onWorkerd = onRuntime({
  name: 'workerd',
  changes: { outcomes: DIFFERENCES.workerd },
  start: (setups) =>
    startWorkers({ entry: ENTRY, bindings: setups.map((setup) => ({ SETUP: setup })) }),
})
