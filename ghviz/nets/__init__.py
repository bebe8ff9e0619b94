"""Encoders: MLP, a small convolutional net, CIFAR ResNet-18, and the projector."""
