import {
  type ProofUse,
  type ReplayStore,
  type ReplayStoreConfiguration,
  ReplayStoreError,
} from '@bearward/core'
import { startBoundedWait } from './bounded-wait.ts'
import { createConfirmEntry } from './confirm-replicas.ts'
import { assertSuitable, createEvictionPolicy } from './eviction-policy.ts'
import { readOptions, type RedisReplayOptions } from './options.ts'
import { getPipeline } from './pipelines.ts'
import { readFirstUse, toStoreError } from './replies.ts'

/** The store that `redisReplay` creates. */
export interface RedisReplayStore extends ReplayStore {
  firstUse(proof: ProofUse): Promise<boolean>
  ready(): Promise<void>
  configuration(): ReplayStoreConfiguration
}

/**
 * Maximum milliseconds for `ready()`. This time is longer than `timeout`, because the Redis client may still be connecting when
 * the process starts.
 */
const READY_TIMEOUT = 5000

/**
 * Maximum milliseconds for a use with `replicas`. It is shorter than `replayStoreTime` of the core. So if a confirmation is late, the
 * error of this store (`unconfirmed`) comes before the error of the core (`timeout`).
 */
const LONGEST_WITH_REPLICAS = 900

/**
 * Creates a store for the DPoP proofs that were used (RFC 9449 section 11.1), on a Redis server (7.0 or later) or a Valkey
 * server. All processes of an API must use the same server. Nothing checks this. Each use is one command, `SET` with `NX`, `GET`
 * and `PX`. With the option `replicas`, a new proof needs two more commands. The key of an entry is the prefix followed by the id of
 * the proof. The server removes the entry after the `ttl`.
 *
 * The `maxmemory-policy` of the server must be `noeviction`. If it is another policy, each use rejects with a `ReplayStoreError`.
 * The server may refuse to show its policy, or may not send the policy in time. Uses are then still recorded, and
 * `configuration()` returns `unverified`.
 *
 * Does not check persistence. Checks replication only with the option `replicas`. After a failover or a restart, the server may have
 * lost the last entries.
 *
 * @example
 * const client = createClient({ url: 'rediss://redis.internal' })
 * await client.connect()
 * const replay = redisReplay({ send: fromNodeRedis(client) })
 *
 * @throws {ConfigurationError} if an option is wrong
 */
export function redisReplay(options: RedisReplayOptions): RedisReplayStore {
  const { send: sendOnce, prefix, replicas, clock, ...given } = readOptions(options)
  const timeout = replicas > 0 ? Math.min(given.timeout, LONGEST_WITH_REPLICAS) : given.timeout
  // A function `send` of the application can throw instead of returning a rejected promise.
  const send = async (args: readonly string[]) => sendOnce(args)
  const policy = createEvictionPolicy(send, clock)
  // `readOptions` requires a pipeline if `replicas` is set.
  const confirmEntry =
    replicas > 0
      ? createConfirmEntry(getPipeline(sendOnce)!, { replicas, timeout, clock })
      : undefined

  /** Records a use. Takes at most `limit` milliseconds. */
  async function use({ id, ttl }: Pick<ProofUse, 'id' | 'ttl'>, limit: number): Promise<boolean> {
    const wait = startBoundedWait(clock, limit)
    try {
      // An unsuitable server gets no entries. First its policy is read again, because the policy may have been corrected.
      if (policy.state === 'unsuitable') await wait.race(policy.check(limit))
      assertSuitable(policy)
      const checked = policy.check(limit)
      const entry = { key: prefix + id, value: createValue(), ttl: Math.max(1, Math.ceil(ttl)) }
      const command = ['SET', entry.key, entry.value, 'NX', 'GET', 'PX', String(entry.ttl)]
      const reply = await wait.race(send(command))
      if (reply === 'timeout') throw timedOut(limit)
      const isFirst = readFirstUse(reply, entry.value)
      if (isFirst && confirmEntry) {
        const confirmed = await wait.race(confirmEntry(entry).catch(rejectConfirmation))
        if (confirmed === 'timeout')
          throw unconfirmed(`replicas did not confirm the entry within ${limit} ms`)
      }
      // The first uses wait for the policy, at most until the timeout. If the server has not sent the policy at the end of this
      // time, the result of the use is returned, and `configuration()` returns `unverified`. Later, the policy is read in the
      // background.
      if (policy.isUnknown) await wait.race(checked)
      assertSuitable(policy)
      return isFirst
    } catch (error) {
      const converted = toStoreError(error)
      // A failover may have led to another server.
      if (converted.problem === 'unreachable') policy.expire()
      throw converted
    } finally {
      wait.end()
    }
  }

  function rejectConfirmation(error: unknown): never {
    const { problem, detail } = toStoreError(error)
    if (problem === 'unreachable') policy.expire()
    throw unconfirmed(detail)
  }

  return {
    firstUse: (proof) => use(proof, timeout),
    async ready() {
      policy.expire()
      const id = `ready:${crypto.randomUUID()}`
      if (await use({ id, ttl: 2 * READY_TIMEOUT }, READY_TIMEOUT)) return
      throw new ReplayStoreError('failed', 'the server knows an id that was not used before')
    },
    configuration: () => policy.state,
  }
}

function timedOut(limit: number): ReplayStoreError {
  return new ReplayStoreError('timeout', `the server did not reply within ${limit} ms`)
}

/** Returns the error for a new proof that the server has recorded, but whose entry the replicas have not confirmed. */
function unconfirmed(detail: string): ReplayStoreError {
  return new ReplayStoreError('unconfirmed', detail)
}

/**
 * Returns a random value for one use. The server stores a decimal number of 63 bits without extra memory. A value is compared
 * only with the values of other uses of the same proof.
 */
function createValue(): string {
  const [bits] = crypto.getRandomValues(new BigUint64Array(1))
  return String(BigInt.asUintN(63, bits!))
}
