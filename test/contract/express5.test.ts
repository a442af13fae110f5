import express from 'express'
import { onExpress } from '../support/on-express.ts'
import { describeContract } from './run-contract.ts'

describeContract(onExpress('Express 5', express))
