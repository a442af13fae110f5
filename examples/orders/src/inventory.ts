import { auth, createBearward } from '@bearward/fastify'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { INVENTORY } from './clients.ts'

/** Item in stock. */
export interface Item {
  readonly name: string
  readonly left: number
}

/** Creates the inventory API. Only machines may call it. */
export async function createInventory(issuer: string): Promise<FastifyInstance> {
  const { plugin, requireToken } = createBearward({
    issuer,
    audience: INVENTORY,
    // At this issuer, `sub` equals the client id only in tokens of machines.
    machineSubject: 'client_id',
  })
  const stock = new Map([
    ['tea', 100],
    ['coffee', 2],
  ])

  const api = fastify()
  await api.register(plugin)
  api.get('/items', { onRequest: requireToken({ scope: 'read:stock', subject: 'machine' }) }, list)
  api.post(
    '/items/:name/reservations',
    { onRequest: requireToken({ scope: 'reserve:stock', subject: 'machine' }) },
    reserve,
  )
  return api

  function list(): readonly Item[] {
    return Array.from(stock, ([name, left]) => ({ name, left }))
  }

  function reserve(request: FastifyRequest, reply: FastifyReply): object {
    const { name } = request.params as { name: string }
    const left = stock.get(name) ?? 0
    if (left === 0) return reply.code(404).send({ error: 'out of stock' })
    stock.set(name, left - 1)
    const { kind, clientId } = auth(request).subject
    return reply.code(201).send({ reserved: name, by: `${kind} ${clientId}` })
  }
}
