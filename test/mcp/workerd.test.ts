import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
import { type RunningWorker, startWorker } from '../support/workerd.ts'
import { ALL, FLOOR, METADATA_URL, RESOURCE, RULES } from './fixture.ts'
import { LIST, PURGE } from './messages.ts'
import { send } from './requests.ts'
import type { WorkerSetup } from './worker.ts'

describe('the MCP guard on workerd', () => {
  const issuer = createTestIssuer({ audience: RESOURCE })
  const reader = issuer.token({ claims: { scope: FLOOR } })
  const admin = issuer.token({ claims: { scope: ALL } })
  const setup: WorkerSetup = {
    BEARWARD: {
      issuer: issuer.issuer,
      jwks: issuer.jwks,
      resource: RESOURCE,
      metadata: {},
      machineSubject: 'client_id',
      logger: false,
    },
    GUARD: RULES,
  }
  let worker: RunningWorker
  beforeAll(async () => {
    const entry = fileURLToPath(new URL('worker.ts', import.meta.url))
    worker = await startWorker({ entry, bindings: { ...setup } })
  })
  afterAll(() => worker.close())

  it('the guard on workerd responds with 401 and the address of the metadata to a request without a token', async () => {
    const response = await send(worker.port, { body: LIST })
    expect(response.status).toBe(401)
    expect(response.challenge('resource_metadata')).toBe(METADATA_URL)
  })

  it('the guard on workerd responds with 403 and all scopes if the token does not have the scope of the tool', async () => {
    const response = await send(worker.port, { body: PURGE, token: reader })
    expect(response.status).toBe(403)
    expect(response.challenge('scope')).toBe(ALL)
  })

  it.each([
    ['a call that every caller may make', LIST, reader],
    ['a call that needs another scope', PURGE, admin],
  ])(
    'toReadableRequest on workerd returns a request with the checked body and the property cf of Cloudflare, for %s',
    async (_what, body, token) => {
      const response = await send(worker.port, { body, token })
      expect(response.status).toBe(200)
      expect(response.json()).toEqual({ cf: { country: 'AT' }, body: JSON.stringify(body) })
    },
  )

  it('the guard on workerd responds with 413 to a body above the limit, and with 400 to one that is not JSON', async () => {
    const long = { body: `"${'x'.repeat(2_000_000)}"`, token: admin }
    expect((await send(worker.port, long)).status).toBe(413)
    expect((await send(worker.port, { body: '{', token: admin })).status).toBe(400)
  })
})
