import { type ReplayStore, ReplayStoreError } from '@bearward/core'

/** A replay store whose connection has failed. */
export const unavailableReplay: ReplayStore = {
  firstUse() {
    throw new ReplayStoreError('unreachable', 'the connection was refused')
  },
}
