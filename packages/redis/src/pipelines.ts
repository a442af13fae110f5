import type { SendCommand } from './options.ts'

/**
 * Sends commands on one connection, and resolves with all replies. Rejects with an error reply, and if the connection fails before
 * the last reply.
 */
export type SendPipeline = (commands: readonly (readonly string[])[]) => Promise<readonly unknown[]>

/** Sends several commands on one connection. */
export interface Pipeline {
  readonly send: SendPipeline
  /** `true` if the commands can have different keys. The keys of a cluster are on several servers. */
  readonly takesSeveralKeys: boolean
}

/**
 * The pipelines of the functions that `fromNodeRedis` and `fromIoredis` return. They are not members of these functions. Otherwise
 * an application could set a pipeline that sends its commands on two connections, and nothing would detect this.
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
