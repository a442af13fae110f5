import { NO_CACHE } from '../without-cache.ts'
import type { Api } from './contestant.ts'

export const FRAMEWORKS = ['Express', 'Koa', 'Fastify'] as const
export type Framework = (typeof FRAMEWORKS)[number]

/** Name of the framework without a guard. It requires no token. */
export const BARE = 'bare'

/**
 * APIs by framework and name. Each API imports its own library only, so its start is not slowed down by the other
 * libraries.
 */
export const APIS: Readonly<Record<Framework, Readonly<Record<string, () => Promise<Api>>>>> = {
  Express: {
    [BARE]: async () => (await import('./express/bare.ts')).api,
    bearward: async () => (await import('./express/bearward.ts')).api,
    [NO_CACHE]: async () => (await import('./express/bearward.ts')).apiWithoutCache,
    jose: async () => (await import('./express/jose.ts')).api,
    'aws-jwt-verify': async () => (await import('./express/aws-jwt-verify.ts')).api,
    'express-oauth2-jwt-bearer': async () =>
      (await import('./express/express-oauth2-jwt-bearer.ts')).api,
    'express-jwt + jwks-rsa': async () => (await import('./express/express-jwt.ts')).api,
  },
  Koa: {
    [BARE]: async () => (await import('./koa/bare.ts')).api,
    bearward: async () => (await import('./koa/bearward.ts')).api,
    [NO_CACHE]: async () => (await import('./koa/bearward.ts')).apiWithoutCache,
    jose: async () => (await import('./koa/jose.ts')).api,
    'koa-jwt + jwks-rsa': async () => (await import('./koa/koa-jwt.ts')).api,
  },
  Fastify: {
    [BARE]: async () => (await import('./fastify/bare.ts')).api,
    bearward: async () => (await import('./fastify/bearward.ts')).api,
    [NO_CACHE]: async () => (await import('./fastify/bearward.ts')).apiWithoutCache,
    jose: async () => (await import('./fastify/jose.ts')).api,
    '@fastify/jwt + get-jwks': async () => (await import('./fastify/fastify-jwt.ts')).api,
    '@fastify/jwt + get-jwks, cache': async () =>
      (await import('./fastify/fastify-jwt.ts')).apiWithCache,
  },
}
