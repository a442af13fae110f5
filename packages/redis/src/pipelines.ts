import type { SendCommand } from './options.ts'

/**
 * Sends two commands on one connection, and resolves with both replies. Rejects with an error reply, and if the connection fails
 * between the two commands.
 */
export type SendPipeline = (
  first: readonly string[],
  second: readonly string[],
) => Promise<readonly unknown[]>

/**
 * The pipelines of the functions that `fromNodeRedis` and `fromIoredis` return. They are not members of these functions, because a
 * pipeline of the application could send its commands on two connections, and nothing would detect this.
 */
const pipelines = new WeakMap<SendCommand, SendPipeline>()

/** Adds a pipeline to a function that sends commands. Returns the function. */
export function withPipeline(send: SendCommand, pipeline: SendPipeline): SendCommand {
  pipelines.set(send, pipeline)
  return send
}

/** Returns the pipeline of a function that sends commands. */
export function getPipeline(send: SendCommand): SendPipeline | undefined {
  return pipelines.get(send)
}
