import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type Handler, listen, type RunningServer } from '../../support/servers.ts'
import { createLoad, ROUNDS } from '../src/http/http.ts'
import { generateLoad, type Load } from '../src/http/load.ts'

const running: RunningServer[] = []
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())))

async function runLoad(handler: Handler, load: Partial<Load> = {}) {
  const server = await listen(handler)
  running.push(server)
  const requests = ['/a', '/b', '/c', '/d'].map((path) =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
  )
  const usual = { first: 0, count: 4, requests: 100, seconds: 60, connections: 3, status: 200 }
  return generateLoad({ ...usual, port: server.port, ...load }, requests)
}

describe('generateLoad', () => {
  it('generateLoad counts responses, including those that arrive in several chunks', async () => {
    let sent = 0
    const result = await runLoad(async (_request, response) => {
      response.setHeader('Content-Length', 4)
      response.write('ab')
      await turn()
      response.end('cd', () => sent++)
    })
    expect(result.requests).toBe(sent)
    expect(result.latencies).toHaveLength(sent)
    expect(sent).toBe(100)
  })

  it('generateLoad sends the configured range of the requests in order, repeatedly', async () => {
    const seen: string[] = []
    await runLoad(
      (request, response) => {
        seen.push(request.url!)
        response.setHeader('Content-Length', 0).end()
      },
      { first: 1, count: 3, requests: 5, connections: 1 },
    )
    expect(seen).toEqual(['/b', '/c', '/d', '/b', '/c'])
  })

  it('generateLoad ends after the configured number of seconds', async () => {
    const handler: Handler = (_request, response) => {
      response.setHeader('Content-Length', 0).end()
    }
    const requests = Number.MAX_SAFE_INTEGER
    const result = await runLoad(handler, { requests, seconds: 0.05 })
    expect(result.elapsed).toBeGreaterThanOrEqual(50)
    expect(result.requests).toBeGreaterThan(0)
  })

  it('generateLoad rejects at the first response with an unexpected status', async () => {
    const handler: Handler = (_request, response) => {
      response.writeHead(500, { 'Content-Length': 0 }).end()
    }
    await expect(runLoad(handler)).rejects.toThrow('expected 200')
  })

  it('generateLoad rejects when the server closes a connection', async () => {
    const handler: Handler = (request) => request.socket.destroy()
    await expect(runLoad(handler)).rejects.toThrow()
  })

  it('createLoad never uses a token in more than one round if every token is sent once', () => {
    let end = 0
    for (let round = 0; round <= ROUNDS; round++) {
      const { first, count, requests } = createLoad('jose', 'every token once', round)
      expect(first).toBe(end)
      expect(requests).toBeLessThanOrEqual(count)
      end = first + count
    }
    // The tokens with bad signatures follow the valid tokens.
    expect(createLoad('jose', 'bad signatures', 1).first).toBe(end)
  })
})
