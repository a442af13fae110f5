import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/** `true` if a process can be pinned to one core. In this case, the load generator and the server use different cores. */
export const canPin = cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0

/** Program of this folder that runs in its own process. It ends when the process that started it ends. */
export interface RunningProgram<Ready> {
  /** First message of the program. */
  readonly ready: Ready
  /**
   * Sends a message and waits for the response. Rejects if the program ends first. Wait for each response before you send the next
   * message.
   */
  request<Response>(message: object | string): Promise<Response>
  /** Ends the program. Resolves when its process has exited. */
  end(): Promise<void>
}

/** Starts a program that calls `runProgram`. Rejects if the program ends before it is ready. */
export async function startProgram<Ready = string>(
  program: string,
  argument: object,
  options: { readonly core?: number; readonly flags?: readonly string[] } = {},
): Promise<RunningProgram<Ready>> {
  const file = fileURLToPath(new URL(program, import.meta.url))
  const node = [process.execPath, ...(options.flags ?? []), file, JSON.stringify(argument)]
  const pinned = options.core !== undefined && canPin
  const [command, ...rest] = pinned ? ['taskset', '-c', String(options.core), ...node] : node
  const child = spawn(command!, rest, {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return {
    ready: await nextMessage<Ready>(child),
    request(message) {
      const response = nextMessage(child)
      child.send(message)
      return response as Promise<never>
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill()
      await exited
    },
  }
}

/** Returns the next message of a process. Rejects if the process ends first. */
async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const waiting = new AbortController()
  const { signal } = waiting
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`${child.spawnargs.join(' ')} exited with code ${String(code)}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended])
    return message as T
  } finally {
    waiting.abort()
  }
}
