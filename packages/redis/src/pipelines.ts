import type { SendCommand } from './options.ts'

/**
 * Sends commands on one connection, and resolves with all replies. Rejects with an error reply, and if the connection fails before
 * the last reply.
 */
export type SendPipeline = (commands: readonly (readonly string[])[]) => Promise<readonly unknown[]>

/** Sends several commands on one connection. */
export interface Pipeline {
  readonly send: SendPipeline
  /**
   * Returns a value for the server that has a key. The keys of one pipeline must have the same value. Returns `undefined` if the server
   * is unknown: the key then needs a pipeline of its own.
   */
  toServer(key: string): unknown
  /** Returns the slot of a key, in a cluster. */
  readonly toSlot?: (key: string) => number
}

/** A value for `toServer`, for clients whose keys are all on one server. */
export const ONE_SERVER = 'one server'

/**
 * The pipelines of the functions that `fromNodeRedis` and `fromIoredis` return. They are not members of these functions, so
 * that an application cannot add a pipeline of its own. Such a pipeline could send its commands on two connections, and nothing
 * would detect this.
 */
const pipelines = new WeakMap<SendCommand, Pipeline>()

/** Adds a pipeline to a function that sends commands. Returns the function. */
export function withPipeline(send: SendCommand, pipeline: Pipeline): SendCommand {
  pipelines.set(send, pipeline)
  return send
}

/** Returns the pipeline of a function that sends commands. */
export function getPipeline(send: SendCommand): Pipeline | undefined {
  return pipelines.get(send)
}
