// Runs a command. If the command prints nothing for four minutes, all processes of the command are ended, and the command runs
// once more. A command that fails is not repeated.
//
// Node 20 can deadlock between its own threads (https://github.com/nodejs/node/issues/54918). One test process that hangs
// would stop the whole run without a message.
import { spawn } from 'node:child_process'

const SILENCE_MS = 240_000
const [command, ...args] = process.argv.slice(2)

/** Resolves with the exit code, or with `undefined` if the command printed nothing for too long. */
function runOnce() {
  return new Promise((resolve, reject) => {
    // A separate process group, so that all its processes can be ended.
    const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let isSilent = false
    const timer = setTimeout(() => {
      isSilent = true
      endGroup(child)
    }, SILENCE_MS)
    const end = (signal) => {
      endGroup(child)
      process.kill(process.pid, signal)
    }
    process.once('SIGINT', end).once('SIGTERM', end)
    child.stdout.on('data', (text) => {
      timer.refresh()
      process.stdout.write(text)
    })
    child.stderr.on('data', (text) => {
      timer.refresh()
      process.stderr.write(text)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      process.off('SIGINT', end).off('SIGTERM', end)
      resolve(isSilent ? undefined : (code ?? 1))
    })
  })
}

function endGroup({ pid }) {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

let code = await runOnce()
if (code === undefined) {
  process.stdout.write(
    `\nNo output for ${SILENCE_MS / 1000} s: a process hangs. Running the command once more.\n\n`,
  )
  code = await runOnce()
}
process.exitCode = code ?? 1
