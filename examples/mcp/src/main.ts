import { runProgram, runResultSteps } from '@bearward/example-shared'
import { serveNotes } from './serve-notes.ts'
import { startServers } from './start-servers.ts'
import { STEPS } from './steps.ts'

const NEXT_STEPS = `
Next:
  npm start -- --serve   starts the same servers and prints commands to call them with curl
  src/server-v2.ts       the MCP server with version 2 of the SDK, and its guard
  src/server-v1.ts       the MCP server with version 1 of the SDK, whose sessions belong to a subject`

async function run(): Promise<boolean> {
  const servers = await startServers()
  try {
    return await runResultSteps(STEPS, servers, NEXT_STEPS)
  } finally {
    await servers.close()
  }
}

await runProgram({ command: 'npm start', run, serve: serveNotes })
