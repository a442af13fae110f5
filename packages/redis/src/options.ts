import {
  type Clock,
  clock,
  type ClockOption,
  createOptionContext,
  fn,
  type OptionTable,
  Problems,
  readObject,
  readTable,
  required,
  systemClock,
  text,
  wholeNumber,
} from '@bearward/core/internal'
import { getPipeline } from './pipelines.ts'

/**
 * Sends one command to the primary, and resolves with its reply. Rejects with the error reply, or if the connection fails.
 * `args` are the name of the command and its arguments.
 *
 * @example
 * const send: SendCommand = (args) => client.sendCommand([...args])
 */
export type SendCommand = (args: readonly string[]) => Promise<unknown>

/**
 * Options for `redisReplay`.
 *
 * @example
 * const options: RedisReplayOptions = { send: fromNodeRedis(client), prefix: 'reports:dpop:' }
 */
export interface RedisReplayOptions {
  /** Function that sends a command: `fromNodeRedis(client)`, `fromIoredis(client)`, `fromGlide(client)`, or your own. */
  readonly send: SendCommand
  /**
   * Text before the id of a proof in each key. Instances of one API must use the same prefix. APIs that share a server can use
   * the same prefix, too, because a proof names its API.
   *
   * @default 'bearward:dpop:'
   */
  readonly prefix?: string
  /**
   * Maximum milliseconds for one call of `firstUse`, from 1 to 5000. If the server has not replied after this time, `firstUse`
   * rejects with a `ReplayStoreError`. This applies even if the client still retries or queues the command.
   *
   * @default 50
   */
  readonly timeout?: number
  /**
   * Number of replicas that must have an entry before its proof is accepted, from 0 to 10. If fewer replicas confirm the entry
   * within half of `timeout` (at most 0.45 s), `firstUse` rejects with a `ReplayStoreError`. Set `timeout` to at least 250. A longer
   * `timeout` than 900 has the same effect as 900.
   *
   * With replicas, a new proof needs three commands: first `SET`, then `GETEX` and `WAIT` on one connection.
   *
   * `send` must come from `fromNodeRedis` with a client that has `maintNotifications: 'disabled'`, or from `fromIoredis` with a client
   * without `reconnectOnError`. Use a client that sends no other commands.
   *
   * @default 0
   */
  readonly replicas?: number
  /**
   * Clock for tests: a function that returns milliseconds since the epoch, like `Date.now`, or an object with `now`,
   * `monotonic` and `after`. The server measures `ttl` with its own clock.
   *
   * @default the clock of the system
   */
  readonly clock?: ClockOption
}

/** Validated options. */
export interface RedisReplaySettings {
  readonly send: SendCommand
  readonly prefix: string
  readonly timeout: number
  readonly replicas: number
  readonly clock: Clock
}

export const REDIS_REPLAY_OPTIONS: OptionTable<RedisReplayOptions, RedisReplaySettings> = {
  send: required(
    fn<SendCommand>({ must: 'a function that sends a command, such as fromNodeRedis(client)' }),
    'set the function that sends a command, such as fromNodeRedis(client)',
  ),
  prefix: text('1 to 100 printable ASCII characters without spaces', {
    default: 'bearward:dpop:',
    matches: (prefix) => /^[\x21-\x7e]{1,100}$/.test(prefix),
  }),
  timeout: wholeNumber({ min: 1, max: 5000, default: 50 }),
  replicas: wholeNumber({ min: 0, max: 10, default: 0 }),
  clock: clock(systemClock),
}

const TITLE = 'The options of redisReplay are wrong'

/** Validates options. Throws a `ConfigurationError` that lists every problem. */
export function readOptions(given: RedisReplayOptions): RedisReplaySettings {
  const problems = new Problems()
  const own = readObject(given, '{ send: fromNodeRedis(client) }', TITLE)
  const values = readTable(REDIS_REPLAY_OPTIONS, own, createOptionContext(problems, own))
  if (values.replicas > 0 && getPipeline(values.send) === undefined)
    problems.add(
      "replicas requires a send from fromNodeRedis with maintNotifications: 'disabled', or from fromIoredis without reconnectOnError, because SET and WAIT must use one connection.",
    )
  problems.throwAs(TITLE)
  return values
}
