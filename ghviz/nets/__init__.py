"""Encoders: MLP, a small convolutional net, CIFAR ResNet-18, ResNet-50, and the projector."""
