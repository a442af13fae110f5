import type { Api, CreateVerifier } from './contestant.ts'

export const FRAMEWORKS = ['Express', 'Koa', 'Fastify'] as const
export type Framework = (typeof FRAMEWORKS)[number]

/** Name of the framework without a guard. It requires no token. */
export const BARE = 'bare'

/**
 * APIs by framework and name. Each API imports only its own library, so the other libraries do not slow down its
 * start.
 */
export const APIS: Readonly<Record<Framework, Readonly<Record<string, () => Promise<Api>>>>> = {
  Express: {
    [BARE]: async () => (await import('./express/bare.ts')).api,
    bearward: async () => (await import('./express/bearward.ts')).api,
    jose: () => guardExpress(jose),
    'aws-jwt-verify': () => guardExpress(awsJwtVerify),
    'express-oauth2-jwt-bearer': async () =>
      (await import('./express/express-oauth2-jwt-bearer.ts')).api,
    'express-jwt + jwks-rsa': async () => (await import('./express/express-jwt.ts')).api,
  },
  Koa: {
    [BARE]: async () => (await import('./koa/bare.ts')).api,
    bearward: async () => (await import('./koa/bearward.ts')).api,
    jose: () => guardKoa(jose),
    'aws-jwt-verify': () => guardKoa(awsJwtVerify),
    'koa-jwt + jwks-rsa': async () => (await import('./koa/koa-jwt.ts')).api,
  },
  Fastify: {
    [BARE]: async () => (await import('./fastify/bare.ts')).api,
    bearward: async () => (await import('./fastify/bearward.ts')).api,
    jose: () => guardFastify(jose),
    'aws-jwt-verify': () => guardFastify(awsJwtVerify),
    '@fastify/jwt + get-jwks': async () => (await import('./fastify/fastify-jwt.ts')).api,
    '@fastify/jwt + get-jwks, cache': async () =>
      (await import('./fastify/fastify-jwt.ts')).apiWithCache,
  },
}

async function jose(): Promise<CreateVerifier> {
  return (await import('./jose-verifier.ts')).createJoseVerifier
}

async function awsJwtVerify(): Promise<CreateVerifier> {
  return (await import('./aws-verifier.ts')).createAwsVerifier
}

async function guardExpress(load: () => Promise<CreateVerifier>): Promise<Api> {
  return (await import('./express/hand-written.ts')).guardByHand(await load())
}

async function guardKoa(load: () => Promise<CreateVerifier>): Promise<Api> {
  return (await import('./koa/hand-written.ts')).guardByHand(await load())
}

async function guardFastify(load: () => Promise<CreateVerifier>): Promise<Api> {
  return (await import('./fastify/hand-written.ts')).guardByHand(await load())
}
