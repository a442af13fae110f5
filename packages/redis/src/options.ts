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
   * Maximum milliseconds for one use, from 1 to 5000. If the server has not replied after this time, the use rejects with a
   * `ReplayStoreError`. This applies even if the client still retries or queues the command.
   *
   * @default 50
   */
  readonly timeout?: number
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
  readonly clock: Clock
}

/** Table of the options for `redisReplay`. */
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
  clock: clock(systemClock),
}

const TITLE = 'The options of redisReplay are wrong'

/** Validates options. Throws a `ConfigurationError` that lists every problem. */
export function readOptions(given: RedisReplayOptions): RedisReplaySettings {
  const problems = new Problems()
  const own = readObject(given, '{ send: fromNodeRedis(client) }', TITLE)
  const values = readTable(REDIS_REPLAY_OPTIONS, own, createOptionContext(problems, own))
  problems.throwAs(TITLE)
  return values
}
