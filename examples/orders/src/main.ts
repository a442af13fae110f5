import { runProgram } from '@bearward/example-shared'
import { runSteps } from './run-steps.ts'
import { serveOrders } from './serve-orders.ts'

await runProgram({ command: 'npm start', run: runSteps, serve: serveOrders })
