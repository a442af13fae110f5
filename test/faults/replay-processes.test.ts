import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { bundleNodeProgram } from '../support/bundle-program.ts'
import { startProgram } from '../support/child-program.ts'
import { closing } from '../support/closing.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { AUDIENCE } from '../support/issuer.ts'
import { SERVERS, startRedisServer } from '../support/redis-server.ts'
import { until } from '../support/until.ts'
import { isReplyToUse } from './store-faults.ts'
import { createApiClient, PATH, PUBLIC_URL } from './store-setup.ts'

const PROCESSES = 4
const COPIES = 100
const PROOFS = 20

const client = createApiClient(() => Math.floor(Date.now() / 1000))
const code = await bundleNodeProgram(fileURLToPath(new URL('api-process.ts', import.meta.url)))

/** A process with an API. */
interface Process {
  /** Sends a request with a proof. Returns the status and the reason. */
  send(proof: string): Promise<string>
  /** Ends the process with `SIGKILL`. */
  close(): Promise<void>
}

/** Starts a process with an API that uses the server on this port. */
async function startProcess(redisPort: number): Promise<Process> {
  const input = JSON.stringify({
    redis: `redis://127.0.0.1:${redisPort}`,
    path: PATH,
    options: {
      issuer: client.issuer.issuer,
      audience: AUDIENCE,
      jwks: client.issuer.jwks,
      publicUrl: PUBLIC_URL,
    },
  })
  const program = await startProgram({ runtime: process.execPath, args: [], code, input })
  const { firstLine: port, close } = closing(program)
  return {
    close,
    async send(proof) {
      const headers = { authorization: `DPoP ${client.token}`, dpop: proof }
      const response = await fetch(`http://127.0.0.1:${port}${PATH}`, { headers })
      const { reason = 'granted' } = (await response.json()) as { reason?: string }
      return `${response.status} ${reason}`
    },
  }
}

it.each(SERVERS)(
  `9449-58, 9449-37: ${PROCESSES} processes with one server grant exactly one of ${COPIES} simultaneous copies of a proof (%s)`,
  async (name) => {
    const server = closing(await startRedisServer({ name }))
    const processes = await Promise.all(
      Array.from({ length: PROCESSES }, () => startProcess(server.port)),
    )
    for (let number = 0; number < PROOFS; number++) {
      const proof = client.prove(`proof-${number}`)
      const copies = Array.from({ length: COPIES }, (_, i) => processes[i % PROCESSES]!.send(proof))
      const results = await Promise.all(copies)
      expect(results.filter((result) => result === '200 granted')).toHaveLength(1)
      expect(results.filter((result) => result === '401 proof_used')).toHaveLength(COPIES - 1)
    }
  },
)

it.each(SERVERS)(
  'a proof counts as used if the process is killed after the server has recorded the proof and before the response, and a new proof is granted (%s)',
  async (name) => {
    const server = closing(await startRedisServer({ name }))
    const proxy = closing(await startFaultyProxy(server.port))
    const [killed, other] = await Promise.all([startProcess(proxy.port), startProcess(server.port)])
    expect(await killed.send(client.prove('before'))).toBe('200 granted')

    proxy.onReply((chunk) => (isReplyToUse(chunk) ? 'hold' : 'pass'))
    const proof = client.prove('during')
    const response = killed.send(proof)
    const failed = expect(response).rejects.toThrow('fetch failed')
    await until(() => proxy.held() === 1)
    await killed.close()
    await failed
    expect(await server.command('EXISTS', client.getKey('during'))).toBe(':1')

    // A load balancer can send the retry of the client to another process.
    expect(await other.send(proof)).toBe('401 proof_used')
    expect(await other.send(client.prove('after'))).toBe('200 granted')
    const restarted = await startProcess(server.port)
    expect(await restarted.send(proof)).toBe('401 proof_used')
    expect(await restarted.send(client.prove('after-restart'))).toBe('200 granted')
  },
)
