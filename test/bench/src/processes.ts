import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Whether a process can be kept on one core, so that what generates the load does not compete with what bears it. */
const canPin = cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0

/**
 * Runs a program of this folder in a process of its own that can be talked to. It gets `argument` as JSON, and
 * ends with us.
 */
export function startProgram(
  program: string,
  argument: unknown,
  options: { readonly core?: number; readonly flags?: readonly string[] } = {},
): ChildProcess {
  const file = fileURLToPath(new URL(program, import.meta.url))
  const node = [process.execPath, ...(options.flags ?? []), file, JSON.stringify(argument)]
  const pinned = options.core !== undefined && canPin
  const [command, ...rest] = pinned ? ['taskset', '-c', String(options.core), ...node] : node
  return spawn(command!, rest, {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

/** The next message of a process. Rejects where it ends instead of sending one. */
export async function messageFrom<T>(child: ChildProcess): Promise<T> {
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

export function ask<T>(child: ChildProcess, question: object | string): Promise<T> {
  const answer = messageFrom<T>(child)
  child.send(question)
  return answer
}
