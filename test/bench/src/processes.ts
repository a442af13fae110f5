import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Whether a process can be kept on one core, so that what generates the load does not compete with what bears it. */
export const canPin = cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0

/** A program of this folder in a process of its own. It ends with us. */
export interface RunningProgram<Ready> {
  /** What it said when it was ready. */
  readonly ready: Ready
  /** Rejects where it ends instead of answering. One question at a time. */
  ask<Answer>(question: object | string): Promise<Answer>
  /** Resolves when it is gone. */
  end(): Promise<void>
}

/** Starts what calls `runProgram` with `argument`. Rejects where it ends before it is ready. */
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
    ready: await messageFrom<Ready>(child),
    ask(question) {
      const answer = messageFrom(child)
      child.send(question)
      return answer as Promise<never>
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}

/** The next message of a process. Rejects where it ends instead of sending one. */
async function messageFrom<T>(child: ChildProcess): Promise<T> {
  const waiting = new AbortController()
  const { signal } = waiting
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`${child.spawnargs.join(' ')} has ended with ${String(code)}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended])
    return message as T
  } finally {
    waiting.abort()
  }
}
