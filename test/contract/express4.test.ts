import express from 'express4'
import { onExpress } from '../support/on-express.ts'
import { describeContract } from './run-contract.ts'

describeContract(onExpress('Express 4', express))
