import type {
  AuthorizationServerOptions,
  ConfidentialClient,
} from '@bearward/example-authorization-server'

/** Identifier of the inventory API, and the audience of its tokens. */
export const INVENTORY = 'https://inventory.example.com'

const secret = 'for-demonstration-only'

/** Client of the orders service. */
export const ORDERS: ConfidentialClient = { kind: 'confidential', id: 'orders', secret }

/** Client of the nightly job, which may only read. */
export const RESTOCK: ConfidentialClient = {
  kind: 'confidential',
  id: 'orders-restock',
  secret,
  scopes: ['read:stock'],
}

/** Client of the command-line tool for the warehouse. */
export const STOCK: ConfidentialClient = { ...RESTOCK, id: 'stock-cli' }

/** Options of the authorization server with this API and these clients. */
export const AUTHORIZATION_SERVER: AuthorizationServerOptions = {
  resources: [{ identifier: INVENTORY, scopes: ['read:stock', 'reserve:stock'] }],
  clients: [ORDERS, RESTOCK, STOCK],
}
