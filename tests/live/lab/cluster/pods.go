package main

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace/noop"
	cri "k8s.io/cri-client/pkg"
)

// removePods stops and removes every pod of a container runtime, with its
// network, as the kubelet would, but without the pods' grace periods.
func removePods(endpoint string) error {
	runtime, err := cri.NewRemoteRuntimeService(endpoint, time.Minute, noop.NewTracerProvider(), nil)
	if err != nil {
		return err
	}
	ctx := context.Background()
	pods, err := runtime.ListPodSandbox(ctx, nil)
	if err != nil {
		return err
	}
	results := make(chan error, len(pods))
	for _, pod := range pods {
		go func() {
			if err := runtime.StopPodSandbox(ctx, pod.Id); err != nil {
				results <- err
				return
			}
			results <- runtime.RemovePodSandbox(ctx, pod.Id)
		}()
	}
	for range pods {
		err = errors.Join(err, <-results)
	}
	return err
}
