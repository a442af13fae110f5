import { runProgram } from '@bearward/example-shared'
import { runDemo } from './run-demo.ts'
import { serveDemo } from './serve-demo.ts'

await runProgram({ command: 'npm run demo', run: runDemo, serve: serveDemo })
