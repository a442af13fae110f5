import { REASONS } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { METADATA_URL } from './fixture.ts'
import { REASON_CASES } from './reasons.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

describe.each(MCP_FRAMEWORKS)('reasons of refusals of the guard for $name', (framework) => {
  const cases = REASON_CASES.filter(
    ({ isSentByFastify }) => !(framework.readsBodies === true && isSentByFastify === true),
  )

  it.each(cases)(
    'the guard refuses a request with $status and publishes the reason $reason once',
    async ({ reason, status, sent, options, code }) => {
      const server = await start(framework, options)
      const response = await server.send(sent)
      expect(response.status).toBe(status)
      expect(response.header('Content-Type')).toBe('application/json')
      expect(response.header('Cache-Control')).toBe('no-store')
      expect(response.header('Content-Length')).toBe(String(response.body.length))
      const { description } = REASONS[reason]
      if (code === undefined)
        expect(response.json()).toMatchObject({ error_description: description })
      else expect(response.json()).toMatchObject({ jsonrpc: '2.0', error: { code } })
      const refusals = server.events.filter(({ type }) => type === 'refused')
      expect(refusals).toHaveLength(1)
      expect(refusals[0]).toMatchObject({ reason, status, advice: expect.stringMatching(/\.$/) })
      const hasKey = sent.lines?.some((line) => line.startsWith('X-Api-Key')) === true
      expect(response.challenge('resource_metadata')).toBe(hasKey ? undefined : METADATA_URL)
      expect(response.challenge('error')).toBeUndefined()
      expect(server.seen).toEqual([])
    },
  )
})
