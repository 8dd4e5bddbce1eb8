// torch.utils.data
export { ConcatDataset, Dataset, randomSplit, Subset, TensorDataset } from './dataset.js';
export { DataLoader, type DataLoaderOptions, defaultCollate } from './loader.js';
