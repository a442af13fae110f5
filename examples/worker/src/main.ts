import { CRON, REPORTS_API, runExample } from '@bearward/example-shared'
import { startWorker } from './start-worker.ts'

await runExample(
  (issuer, port) =>
    startWorker({ ISSUER: issuer, AUDIENCE: REPORTS_API, MACHINE_CLIENT: CRON.id }, port),
  'worker/index.ts',
)
